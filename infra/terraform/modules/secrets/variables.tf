variable "project_id" {
  description = "The project."
  type        = string
}

variable "project_number" {
  description = "Its number, by which conditions name secrets."
  type        = string
}

variable "name" {
  description = "What every custom role's id begins with."
  type        = string
}

variable "members" {
  description = "Account → member, as the module iam gives them."
  type        = map(string)
}

variable "environment" {
  description = "Environment variable → the secret that it comes from, and the functions that get it."
  type = map(object({
    secret    = string
    functions = optional(list(string), ["worker"])
  }))
  default = {}

  validation {
    condition     = alltrue([for secret in var.environment : can(regex("^[A-Za-z0-9_-]{1,255}$", secret.secret)) && !startswith(secret.secret, "brisa-")])
    error_message = "A secret's id has letters, digits, _ and - alone, and does not begin with brisa-: those are connections."
  }
}

variable "kms_key" {
  description = "The key that encrypts what is kept, or null for Google's own."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether secrets can't be destroyed."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of what can have some."
  type        = map(string)
  default     = {}
}
