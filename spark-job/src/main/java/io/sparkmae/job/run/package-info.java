/** A pre-training run around its training: resuming, recording, checkpoints and final versions. */
package io.sparkmae.job.run;
