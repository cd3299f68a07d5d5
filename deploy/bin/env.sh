# Sourced by the scripts beside it: where things are, which Java, and the Spark runtime that a checkout makes on first use.

deploy=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
root=$(dirname "$deploy")
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

# Refuses in one sentence; 2 is the exit code of bad options and settings.
refuse() {
  echo "mae: $*" >&2
  exit 2
}

# Runs Maven on a POM. Its output is no result, so it goes to stderr.
maven() {
  command -v mvn >/dev/null || refuse "Cannot build $target: mvn is not on the PATH (install Maven 3.6.3 or newer)"
  "${java}c" -version >/dev/null 2>&1 || refuse "Cannot build $target: no javac beside $java (install a JDK 17, not a JRE)"
  mvn -B -q -f "$@" >&2 || {
    echo "mae: Maven failed: mvn -B -f $* (its messages are above)" >&2
    return 1
  }
}

# A JDK says its version in a file beside it; to ask Java takes a tenth of a second.
release=$(readlink -f "$(command -v "$java")") || true
release=${release%/bin/java}/release
java_version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$release" 2>/dev/null) || true
[[ $java_version ]] || java_version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || true
((${java_version:-0} >= 17)) || refuse "Invalid Java: $java is version ${java_version:-unknown} (must be a JDK 17; set JAVA_HOME)"
[[ ${MAE_SPARK:-3.5} == 4.1 ]] || ((java_version <= 23)) || # Java 24 took away what Spark's Hadoop logs in by
  refuse "Invalid Java: $java is version $java_version (must be 17 to 23; set JAVA_HOME)"

# Java spells the names of files by the locale.
[[ $(locale charmap 2>/dev/null) == UTF-8 ]] || export LC_ALL=C.UTF-8

# Each Spark has a runtime, classes and a job jar of its own, and each processor a jar.
case ${MAE_SPARK:-3.5} in
  3.5) scala=2.12 target=$deploy/target jar=spark-mae build=() ;;
  4.0 | 4.1) scala=2.13 target=$deploy/target/spark-$MAE_SPARK jar=spark-mae-spark${MAE_SPARK}_2.13 build=(-Dspark="$MAE_SPARK") ;;
  *) refuse "Invalid MAE_SPARK: $MAE_SPARK (must be 3.5, 4.0 or 4.1)" ;;
esac
case $(uname -sm) in
  'Linux x86_64') jar+=.jar ;;
  'Linux aarch64') jar+=-linux-arm64.jar build+=(-Djavacpp.platform=linux-arm64) ;;
  *) refuse "Invalid platform: $(uname -sm) (the job's native code is for Linux on x86_64 or aarch64)" ;;
esac

# A checkout builds the job and a Spark; the tarball has the job, and its Spark is SPARK_HOME's or the one packed with it.
export SPARK_HOME SPARK_CONF_DIR SPARK_SCALA_VERSION=$scala
if [[ -f $deploy/pom.xml ]]; then
  jar=$target/$jar SPARK_HOME=$target/spark SPARK_CONF_DIR=$deploy/conf
else
  jar=$deploy/$jar SPARK_HOME=${SPARK_HOME:-$deploy/spark} SPARK_CONF_DIR=${SPARK_CONF_DIR:-$deploy/conf}
  [[ -f $jar ]] || refuse "Missing $jar (unpack the tarball for $(uname -m))"
  compgen -G "$SPARK_HOME/jars/spark-core_$scala-${MAE_SPARK:-3.5}.*.jar" >/dev/null ||
    refuse "Invalid SPARK_HOME: $SPARK_HOME (must hold Spark ${MAE_SPARK:-3.5} for Scala $scala, with its jars in jars)"
fi

# Makes SPARK_HOME if it is missing or older than its POM.
make_spark() {
  [[ $SPARK_HOME/jars -nt $deploy/spark-runtime/pom.xml ]] && return
  echo "mae: making the Spark runtime in $SPARK_HOME" >&2
  rm -rf "$SPARK_HOME"/jars*
  mkdir -p "$SPARK_HOME/bin"
  ln -srf "$deploy/bin/spark-class" "$deploy/bin/spark-submit" "$SPARK_HOME/bin/"
  maven "$deploy/spark-runtime/pom.xml" "${build[@]}" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$SPARK_HOME/jars.new"
  mv "$SPARK_HOME/jars.new" "$SPARK_HOME/jars"
}

# Runs a function that builds, one process at a time; not in the tarball, where all is built.
alone() {
  [[ -f $deploy/pom.xml ]] || return 0
  mkdir -p "$deploy/target"
  (
    flock 9
    "$@"
  ) 9>"$deploy/target/build.lock"
}

# Fills the array `command` with the Java that runs a class of Spark, as Spark's own launcher says it: spark_command CLASS [ARG…]
spark_command() {
  local word launcher=("$SPARK_HOME"/jars/spark-launcher_*.jar)
  command=()
  # It prints a NUL and a newline, then the command, each word ended by NUL.
  while IFS= read -r -d '' word; do
    command+=("${word#$'\n'}")
  done < <("$java" -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "${launcher[0]}:$SPARK_HOME/jars/*" org.apache.spark.launcher.Main "$@")
  ((${#command[@]} > 1)) || exit 1
  command=("${command[@]:1}")
}
