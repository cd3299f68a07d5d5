/**
 * Prepared data as training sees it: its manifest, the order of an epoch, and the reader of
 * minibatches.
 */
package io.sparkmae.data;
