variable "project_id" {
  description = "The project."
  type        = string
}

variable "location" {
  description = "The region."
  type        = string
}

variable "name" {
  description = "What every queue's name begins with."
  type        = string
}

variable "max_concurrent" {
  description = "Attempts that run at once: no more than the worker's instances, times what each takes."
  type        = number
  default     = 100

  validation {
    condition     = var.max_concurrent >= 1 && var.max_concurrent <= 5000
    error_message = "max_concurrent is from 1 to 5000, the most that Cloud Tasks dispatches at once."
  }
}

variable "max_concurrent_chores" {
  description = "Chores of the planner that are done at once."
  type        = number
  default     = 10

  validation {
    condition     = var.max_concurrent_chores >= 1 && var.max_concurrent_chores <= 5000
    error_message = "max_concurrent_chores is from 1 to 5000, the most that Cloud Tasks dispatches at once."
  }
}

variable "max_per_second" {
  description = "Dispatches a second, of each queue."
  type        = number
  default     = 500

  validation {
    condition     = var.max_per_second > 0 && var.max_per_second <= 500
    error_message = "max_per_second is above 0 and up to 500, the most that Cloud Tasks dispatches."
  }
}

variable "log_sampling" {
  description = "Which part of the queues' own operations is logged, from 0 to 1."
  type        = number
  default     = 0

  validation {
    condition     = var.log_sampling >= 0 && var.log_sampling <= 1
    error_message = "log_sampling is from 0 to 1."
  }
}

variable "members" {
  description = "Account → member, as the module iam gives them."
  type        = map(string)
}
