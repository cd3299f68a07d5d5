/** Pictures and reports of what a model learnt, drawn without fonts or a display. */
package io.sparkmae.job.picture;
