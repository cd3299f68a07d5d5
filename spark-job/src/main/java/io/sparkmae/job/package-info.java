/** The command line: options and configuration in, one JSON line and an exit code out. */
package io.sparkmae.job;
