# Where attempts wait for the worker, and chores for the planner.

locals {
  queues = {
    work    = var.max_concurrent
    planner = var.max_concurrent_chores
  }
}

resource "google_cloud_tasks_queue" "queue" {
  for_each = local.queues

  project  = var.project_id
  location = var.location
  name     = "${var.name}-${each.key}"

  rate_limits {
    max_dispatches_per_second = var.max_per_second
    max_concurrent_dispatches = each.value
  }

  # Retries of tasks are brisa's own, and are no business of the queue: what it tries again is a function that did not
  # answer. It never gives up, since what it gives up is gone without a trace.
  retry_config {
    max_attempts  = -1
    min_backoff   = "0.100s"
    max_backoff   = "10s"
    max_doublings = 16
  }

  stackdriver_logging_config {
    sampling_ratio = var.log_sampling
  }
}

# Every function sends attempts to the worker's queue, and chores to the planner's.
resource "google_cloud_tasks_queue_iam_member" "sends" {
  for_each = {
    for pair in setproduct(keys(local.queues), ["planner", "worker", "events", "api"]) :
    "${pair[0]} ${pair[1]}" => { queue = pair[0], account = pair[1] }
  }

  project  = var.project_id
  location = var.location
  name     = google_cloud_tasks_queue.queue[each.value.queue].name
  role     = "roles/cloudtasks.enqueuer"
  member   = var.members[each.value.account]
}
