variable "project_id" {
  description = "The project."
  type        = string
}

variable "more" {
  description = "Services beyond those that every deployment needs."
  type        = list(string)
  default     = []
}
