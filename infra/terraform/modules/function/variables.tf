variable "project_id" {
  description = "The project."
  type        = string
}

variable "location" {
  description = "The region."
  type        = string
}

variable "name" {
  description = "What the function's name begins with."
  type        = string
}

variable "target" {
  description = "Which of brisa's functions it is, by the name of its entry point."
  type        = string

  validation {
    condition     = contains(["planner", "worker", "events", "api"], var.target)
    error_message = "target is planner, worker, events or api."
  }
}

variable "description" {
  description = "What it does, for people."
  type        = string
}

variable "runtime" {
  description = "Python's version, as Cloud Run functions name it."
  type        = string

  validation {
    condition     = contains(["python311", "python312", "python313"], var.runtime)
    error_message = "runtime is python311, python312 or python313: those that brisa is tested with."
  }
}

variable "size" {
  description = "What an instance has and takes. timeout is in seconds."
  type = object({
    cpu           = string
    memory        = string
    timeout       = number
    concurrency   = number
    min_instances = number
    max_instances = number
  })

  validation {
    condition     = can(regex("^[0-9]+(Mi|Gi)$", var.size.memory))
    error_message = "memory is like 512Mi or 2Gi."
  }

  validation {
    condition     = var.size.timeout >= 1 && var.size.timeout <= 3600
    error_message = "timeout is from 1 to 3600 seconds, the longest that a function called over HTTP may take."
  }

  validation {
    condition     = var.size.concurrency >= 1 && var.size.concurrency <= 1000 && (var.size.concurrency == 1 || tonumber(var.size.cpu) >= 1)
    error_message = "concurrency is from 1 to 1000, and more than 1 only with a whole CPU."
  }

  validation {
    condition     = var.size.min_instances >= 0 && var.size.max_instances >= max(1, var.size.min_instances)
    error_message = "max_instances is at least 1, and at least min_instances, which is not negative."
  }
}

variable "account" {
  description = "The service account that it runs as."
  type        = string
}

variable "build_account" {
  description = "The service account that it is built as, by its full name."
  type        = string
}

variable "repository" {
  description = "Where its images are kept."
  type        = string
}

variable "source_bucket" {
  description = "The bucket for its source."
  type        = string
}

variable "source_archive" {
  description = "The zip of its source, as infra/build_source.py makes it; for the first deployment alone."
  type        = string
}

variable "environment" {
  description = "Its environment variables."
  type        = map(string)
}

variable "secrets" {
  description = "Environment variable → the secret that it comes from."
  type        = map(string)
  default     = {}
}

variable "invokers" {
  description = "Who may call it: any key → a member, as IAM names it."
  type        = map(string)
}

variable "ingress" {
  description = "From where it may be called, by who may."
  type        = string
  default     = "ALLOW_ALL"

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"], var.ingress)
    error_message = "ingress is ALLOW_ALL, ALLOW_INTERNAL_ONLY or ALLOW_INTERNAL_AND_GCLB."
  }
}

variable "vpc_connector" {
  description = "The VPC connector that it reaches private addresses through, or null."
  type        = string
  default     = null
}

variable "kms_key" {
  description = "The key that encrypts its source and image, or null for Google's own."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of what can have some."
  type        = map(string)
  default     = {}
}
