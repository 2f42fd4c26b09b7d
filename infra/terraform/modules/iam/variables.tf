variable "project_id" {
  description = "The project."
  type        = string
}

variable "name" {
  description = "What every account's name begins with."
  type        = string
}

variable "database" {
  description = "Firestore's database: the functions may use no other one."
  type        = string
}

variable "worker_roles" {
  description = "Roles on the project that DAG files need, such as roles/bigquery.jobUser."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for role in var.worker_roles : !contains(["roles/owner", "roles/editor", "roles/viewer"], role)])
    error_message = "worker_roles must not have a basic role (owner, editor, viewer): DAG files would own the project."
  }
}
