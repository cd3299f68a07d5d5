/** Images to patches: layouts, decoding, crops and prepared Parquet, without any model. */
package io.sparkmae.data;
