/** The settings of a run: their defaults, layers, names and limits. */
package io.sparkmae.job.config;
