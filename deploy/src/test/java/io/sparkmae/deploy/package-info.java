/** Holds the launcher, the job jar and the templates to what they promise. */
package io.sparkmae.deploy;
