/**
 * The parts of a pre-training run besides training: resuming, recording, checkpoints and final
 * versions.
 */
package io.sparkmae.job.run;
