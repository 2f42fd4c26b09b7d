output "address" {
  description = "The IP address that the domain has to lead to."
  value       = google_compute_global_address.api.address
}

output "audience" {
  description = "For whom Identity-Aware Proxy says who has logged in, but for the project's number: what comes after it."
  value       = "global/backendServices/${google_compute_backend_service.api.generated_id}"
}
