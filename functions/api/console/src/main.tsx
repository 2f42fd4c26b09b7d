import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./states.css";
import "./console.css";
import "./i18n";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { nonce } from "./nonce";

setNonce(nonce);
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
