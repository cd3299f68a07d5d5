/** Files on Hadoop's file systems: listing, hashing, and Parquet's row groups of images. */
package io.sparkmae.data.storage;
