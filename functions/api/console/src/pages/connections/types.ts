import type en from "~/i18n/en";

export type Standard = "host" | "port" | "login" | "password" | "schema";
export type ExtraName = keyof typeof en.connections.extra;

/** `secret` is never shown; `json` is an object; `area` is a text of several lines that is never shown. */
export type Kind = "text" | "number" | "switch" | "secret" | "area" | "json";

export interface Field {
  name: ExtraName;
  kind: Kind;
}

export interface ConnectionType {
  /** What people call it: a name, in every language the same. */
  label: string;
  standard: Standard[];
  /** What its hooks read from the extra. */
  extra: Field[];
  /** What a standard field is called here. */
  names?: Partial<Record<Standard, keyof typeof en.connections.names>>;
  /** What it is when left empty. */
  port?: number;
}

const SERVER: Standard[] = ["host", "port", "login", "password"];
const DATABASE: Standard[] = ["host", "port", "login", "password", "schema"];
const database = (label: string, port: number, extra: Field[] = []): ConnectionType => ({
  label,
  standard: DATABASE,
  extra,
  names: { schema: "database", login: "user" },
  port,
});

const field = (kind: Kind, ...names: ExtraName[]): Field[] => names.map((name) => ({ name, kind }));

const GOOGLE: Field[] = [
  ...field("text", "project", "key_path"),
  ...field("area", "keyfile_dict"),
  ...field("text", "key_secret_name", "key_secret_project_id", "credential_config_file", "impersonation_chain"),
  ...field("text", "quota_project_id", "scope"),
  ...field("number", "num_retries"),
  ...field("switch", "is_anonymous"),
];

/** Types of connections with a form of their own; the names are Airflow's. */
export const TYPES: Record<string, ConnectionType> = {
  google_cloud_platform: { label: "Google Cloud", standard: [], extra: GOOGLE },
  gcpbigquery: {
    label: "Google BigQuery",
    standard: [],
    extra: [
      ...GOOGLE,
      ...field("text", "location", "priority"),
      ...field("switch", "use_legacy_sql"),
      ...field("json", "labels", "api_resource_configs"),
    ],
  },
  http: {
    label: "HTTP",
    standard: ["host", "schema", "port", "login", "password"],
    extra: [
      ...field("number", "timeout", "max_redirects"),
      ...field("switch", "verify", "allow_redirects"),
      ...field("json", "headers"),
    ],
    names: { host: "url", schema: "protocol", login: "user" },
  },
  smtp: {
    label: "SMTP",
    standard: SERVER,
    extra: [
      ...field("text", "from_email"),
      ...field("switch", "disable_ssl", "disable_tls"),
      ...field("number", "timeout", "retry_limit"),
    ],
    names: { login: "user" },
    port: 465,
  },
  ssh: {
    label: "SSH",
    standard: SERVER,
    extra: [
      ...field("text", "key_file"),
      ...field("area", "private_key"),
      ...field("secret", "private_key_passphrase"),
      ...field("text", "host_key"),
      ...field("switch", "no_host_key_check", "compress"),
      ...field("number", "conn_timeout", "keepalive_interval"),
    ],
    names: { login: "user" },
    port: 22,
  },
  postgres: database("PostgreSQL", 5432, [
    ...field("text", "sslmode", "sslrootcert", "sslcert", "sslkey"),
    ...field("number", "connect_timeout"),
  ]),
  sqlite: { label: "SQLite", standard: ["host"], extra: field("text", "mode"), names: { host: "file" } },
  mysql: database("MySQL", 3306, field("text", "charset")),
  mssql: database("Microsoft SQL Server", 1433),
  oracle: database("Oracle", 1521),
  redis: { label: "Redis", standard: SERVER, extra: [], port: 6379 },
  mongo: database("MongoDB", 27017),
  sftp: { label: "SFTP", standard: SERVER, extra: field("text", "key_file"), names: { login: "user" }, port: 22 },
  ftp: { label: "FTP", standard: SERVER, extra: [], names: { login: "user" }, port: 21 },
  fs: { label: "File (path)", standard: [], extra: field("text", "path") },
  generic: { label: "Generic", standard: DATABASE, extra: [] },
};

const ANY: ConnectionType = { label: "", standard: DATABASE, extra: [] };

/** The form for a type; of one that is not known, all fields. */
export function typeOf(name: string): ConnectionType {
  return Object.hasOwn(TYPES, name) ? (TYPES[name] ?? ANY) : ANY;
}
