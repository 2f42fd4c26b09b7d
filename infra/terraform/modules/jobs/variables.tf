variable "project_id" {
  description = "The project."
  type        = string
}

variable "location" {
  description = "The region."
  type        = string
}

variable "name" {
  description = "What every job's name begins with."
  type        = string
}

variable "jobs" {
  description = "Size → what an execution has: CPU, memory, and the seconds that it may last, unless its task says so."
  type        = map(object({ cpu = string, memory = string, timeout = number }))

  validation {
    condition     = alltrue([for size, job in var.jobs : can(regex("^[a-z][a-z0-9-]{0,30}$", size))])
    error_message = "jobs have names of lower-case letters, digits and hyphens, which begin with a letter."
  }

  validation {
    condition     = alltrue([for job in values(var.jobs) : contains(["1", "2", "4", "6", "8"], job.cpu) && can(regex("^[0-9]+(Mi|Gi)$", job.memory))])
    error_message = "jobs have a cpu of 1, 2, 4, 6 or 8, and memory like 512Mi or 8Gi."
  }

  validation {
    condition     = alltrue([for job in values(var.jobs) : job.timeout >= 120 && job.timeout <= 604800])
    error_message = "jobs have a timeout from 120 to 604800 seconds, seven days."
  }
}

variable "image" {
  description = "The worker's image; for the first deployment alone."
  type        = string
}

variable "account" {
  description = "The service account that executions run as: the worker's."
  type        = string
}

variable "worker" {
  description = "Who may begin executions: a member, as IAM names it."
  type        = string
}

variable "environment" {
  description = "The environment variables of an execution: the worker's."
  type        = map(string)
}

variable "secrets" {
  description = "Environment variable → the secret that it comes from."
  type        = map(string)
  default     = {}
}

variable "vpc_connector" {
  description = "The VPC connector that executions reach private addresses through, or null."
  type        = string
  default     = null
}

variable "kms_key" {
  description = "The key that encrypts what an execution keeps, or null for Google's own."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of what can have some."
  type        = map(string)
  default     = {}
}
