variable "project_id" {
  description = "The project."
  type        = string
}

variable "name" {
  description = "What the deployment's resources begin with: metrics and alerts are about those."
  type        = string
}

variable "folder" {
  description = "Where metrics.json, alerts.json and dashboard.json are: infra/monitoring."
  type        = string
}

variable "emails" {
  description = "Who is told of alerts."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "emails are addresses like ops@example.com."
  }
}

variable "labels" {
  description = "Labels of what can have some."
  type        = map(string)
  default     = {}
}
