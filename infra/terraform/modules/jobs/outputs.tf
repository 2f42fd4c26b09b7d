output "names" {
  description = "Size → the job's name."
  value       = { for key, job in google_cloud_run_v2_job.job : key => job.name }
  depends_on  = [google_cloud_run_v2_job_iam_member.runs]
}
