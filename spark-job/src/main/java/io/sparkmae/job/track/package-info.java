/** What tells other tools of a run while it goes on or afterwards: TensorBoard, MLflow. */
package io.sparkmae.job.track;
