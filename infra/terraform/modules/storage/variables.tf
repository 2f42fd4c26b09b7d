variable "project_id" {
  description = "The project."
  type        = string
}

variable "name" {
  description = "What every bucket's name has after the project's id, unless `names` says another one."
  type        = string
}

variable "names" {
  description = "Names of the buckets, where they are to be others: all buckets of the world share one namespace."
  type = object({
    state  = optional(string)
    dags   = optional(string)
    source = optional(string)
  })
  default = {}
}

variable "location" {
  description = "Where the buckets are. Eventarc wants a trigger in the same place."
  type        = string
}

variable "keep_days" {
  description = "Days after which runs that ended are deleted, 0 for never; their logs and XComs follow a week later."
  type        = number
}

variable "members" {
  description = "Account → member, as the module iam gives them."
  type        = map(string)
}

variable "event_buckets" {
  description = "Other buckets, whose objects sensors wait for."
  type        = list(string)
  default     = []
}

variable "kms_key" {
  description = "The key that encrypts what is kept, or null for Google's own."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether a bucket that has objects can't be destroyed."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of what can have some."
  type        = map(string)
  default     = {}
}
