package io.sparkmae.job.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * User name and password or key and secret in a URI, such as {@code s3a://KEY:SECRET@bucket}. They
 * would end up in logs, records and reports, so a command refuses them before it prints anything.
 *
 * <p>{@code abfs://container@account} has an at sign and no secret: a colon makes the difference.
 */
public final class UserInfo {

  // a colon and digits up to a slash are a port, and an at sign behind them is part of a path
  private static final Pattern SECRET =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*://)(?![^/@\\s]*:\\d+/)[^/@\\s]*:[^@\\s]*@");

  private UserInfo() {}

  /**
   * Checks that a text has no URI with a password.
   *
   * @param name of the option or setting, for the message
   * @throws IllegalArgumentException if it has one; the message does not show it
   */
  public static void refuse(String name, String text) {
    Matcher matcher = SECRET.matcher(text);
    if (matcher.find()) {
      throw new IllegalArgumentException(
          "Invalid %s: %s (must be without user and password, which logs would show: give them as Hadoop settings, such as fs.s3a.access.key from a credential provider)"
              .formatted(name, masked(text)));
    }
  }

  /** Returns a text with asterisks in place of the user and password of each URI. */
  public static String masked(String text) {
    return SECRET.matcher(text).replaceAll("$1***@");
  }
}
