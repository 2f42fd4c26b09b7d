output "names" {
  description = "Queue → its full name, as brisa is told: work, planner."
  value       = { for key, queue in google_cloud_tasks_queue.queue : key => "projects/${var.project_id}/locations/${var.location}/queues/${queue.name}" }
  depends_on  = [google_cloud_tasks_queue_iam_member.sends]
}
