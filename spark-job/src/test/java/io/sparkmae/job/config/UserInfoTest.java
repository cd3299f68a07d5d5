package io.sparkmae.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserInfoTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3a://KEY:SECRET@bucket/in",
        "s3a://KEY:SEC/RET+/1@bucket/in",
        "hdfs://mae:SECRET@namenode:8020/in",
        "--input=hdfs://mae:SECRET@namenode/in",
        "https://:SECRET@host/x"
      })
  void secretsAreRefusedAndMasked(String text) {
    assertThatThrownBy(() -> UserInfo.refuse("--input", text))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .startsWith("Invalid --input: ")
        .contains("://***@")
        .doesNotContain("SECRET", "SEC/RET");
    assertThat(UserInfo.masked("Cannot read " + text)).contains("://***@").doesNotContain("SEC");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3a://bucket/in",
        "abfss://container@account.dfs.core.windows.net/in",
        "hdfs://namenode:8020/home/me@work/in",
        "hdfs://mae@namenode/in",
        "file:///in/2021-01-02T03:04:05@home.jpg",
        "in/a:b@c.jpg",
        "data.uri=s3a://bucket/a:b/c@d"
      })
  void otherAtSignsAreNotSecrets(String text) {
    assertThatCode(() -> UserInfo.refuse("--input", text)).doesNotThrowAnyException();
    assertThat(UserInfo.masked(text)).isEqualTo(text);
  }
}
