import type en from "../en";
import assets from "./assets";
import audit from "./audit";
import backfills from "./backfills";
import common from "./common";
import connections from "./connections";
import cost from "./cost";
import dag from "./dag";
import dags from "./dags";
import forms from "./forms";
import home from "./home";
import importErrors from "./importErrors";
import logs from "./logs";
import pools from "./pools";
import repair from "./repair";
import run from "./run";
import runs from "./runs";
import task from "./task";
import trigger from "./trigger";
import users from "./users";
import variables from "./variables";

/** All texts in Spanish: the compiler sees to it that none is missing. */
const es: Texts<typeof en> = {
  assets,
  audit,
  backfills,
  common,
  connections,
  cost,
  dag,
  dags,
  forms,
  home,
  importErrors,
  logs,
  pools,
  repair,
  run,
  runs,
  task,
  trigger,
  users,
  variables,
};
export default es;

/** The same names, with other words. */
export type Texts<T> = { [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };
