variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where everything runs."
  type        = string
  default     = "europe-west1"
}

variable "source_folder" {
  description = "Where the functions' source is, as infra/build_source.py makes it."
  type        = string
  default     = "../../../../build/source"
}

variable "api_invokers" {
  description = "Who may call the api: members, as IAM names them."
  type        = list(string)
  default     = []
}

variable "policy" {
  description = "Who has which role in the api: admin, op, user, viewer → members."
  type        = map(list(string))
  default     = null
}

variable "worker_roles" {
  description = "Roles on the project that DAG files need."
  type        = list(string)
  default     = ["roles/bigquery.jobUser"]
}

variable "event_buckets" {
  description = "Other buckets, whose objects sensors wait for: name and location."
  type        = list(object({ name = string, location = string }))
  default     = []
}

variable "alert_emails" {
  description = "Who is told of alerts, and of the budget."
  type        = list(string)
  default     = []
}

variable "budget" {
  description = "What a month may cost before people are told; null for no budget."
  type        = object({ billing_account = string, amount = number })
  default     = null
}

variable "console" {
  description = "The api behind Identity-Aware Proxy, at a domain, for people; null for none."
  type        = object({ domain = string, people = list(string) })
  default     = null
}

variable "kms_key" {
  description = "The key that encrypts what is kept, or null for Google's own."
  type        = string
  default     = null
}

variable "vpc_connector" {
  description = "The VPC connector that functions reach private addresses through, or null."
  type        = string
  default     = null
}

variable "secret_environment" {
  description = "Environment variable → the secret that it comes from, and the functions that get it."
  type        = map(object({ secret = string, functions = optional(list(string), ["worker"]) }))
  default     = {}
}
