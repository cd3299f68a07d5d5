/**
 * Prepared data for training: its manifest, the order of an epoch, and the reader of minibatches.
 */
package io.sparkmae.data;
