import { createTheme, MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { RouterProvider } from "react-router/dom";
import { queries } from "./api/queries";
import { nonce } from "./nonce";
import { router } from "./router";

const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: 9,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace",
  defaultRadius: "sm",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
});

/** The theme, with words for the buttons that the library draws by itself. */
function useTheme() {
  const { t } = useTranslation();
  const [close, clear, reveal] = [t("common.actions.close"), t("common.actions.clear"), t("common.actions.reveal")];
  return useMemo(() => {
    const named = (name: string) => ({ "aria-label": name });
    return mergeThemeOverrides(theme, {
      components: {
        // Else each dialog has a banner of its own.
        ModalHeader: { defaultProps: { role: "none" } },
        DrawerHeader: { defaultProps: { role: "none" } },
        // What has the role of a menu may have nothing but items to focus (WAI-ARIA 1.2).
        Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
        ModalTitle: { defaultProps: { fw: 600 } },
        DrawerTitle: { defaultProps: { fw: 600 } },
        ModalCloseButton: { defaultProps: named(close) },
        DrawerCloseButton: { defaultProps: named(close) },
        Notification: { defaultProps: { closeButtonProps: named(close) } },
        PasswordInput: { defaultProps: { visibilityToggleButtonProps: named(reveal) } },
        Select: { defaultProps: { clearButtonProps: named(clear) } },
        MultiSelect: { defaultProps: { clearButtonProps: named(clear) } },
      },
    });
  }, [close, clear, reveal]);
}

export function App() {
  return (
    <MantineProvider theme={useTheme()} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-left" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
