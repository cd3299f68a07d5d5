package io.sparkmae.data.storage;

import java.io.Serializable;

/**
 * The columns of Parquet that hold images and labels, with dots for columns within columns.
 *
 * @param image null to find it by its name or type
 * @param label null to find it by its name, {@link #NONE} for images without labels
 */
public record ColumnNames(String image, String label) implements Serializable {
  public static final ColumnNames FOUND = new ColumnNames(null, null);

  /** The name that stands for no column of labels. */
  public static final String NONE = "none";

  boolean hasLabels() {
    return !NONE.equals(label);
  }
}
