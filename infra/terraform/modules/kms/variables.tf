variable "project_number" {
  description = "The project's number, by which its service agents are named."
  type        = string
}

variable "key" {
  description = "The key."
  type        = string

  validation {
    condition     = can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.key))
    error_message = "key is projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}
