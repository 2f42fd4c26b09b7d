variable "project_id" {
  description = "The project."
  type        = string
}

variable "location" {
  description = "The region."
  type        = string
}

variable "name" {
  description = "The repository's name."
  type        = string
}

variable "members" {
  description = "Account → member, as the module iam gives them."
  type        = map(string)
}

variable "kms_key" {
  description = "The key that encrypts the images, or null for Google's own."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of what can have some."
  type        = map(string)
  default     = {}
}
