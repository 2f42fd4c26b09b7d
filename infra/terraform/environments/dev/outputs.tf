output "brisa" {
  description = "Where the api is, where DAG files go, and who acts as what."
  value       = module.brisa
}
