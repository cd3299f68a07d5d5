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
  command -v mvn >/dev/null || refuse "Cannot build $deploy/target: mvn is not on the PATH (install Maven 3.6.3 or newer)"
  "${java}c" -version >/dev/null 2>&1 || refuse "Cannot build $deploy/target: no javac beside $java (install a JDK 17, not a JRE)"
  mvn -B -q -f "$@" >&2 || {
    echo "mae: Maven failed: mvn -B -f $* (its messages are above)" >&2
    return 1
  }
}

java_version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || true
((${java_version:-0} >= 17)) || refuse "Invalid Java: $java is version ${java_version:-unknown} (must be a JDK 17; set JAVA_HOME)"

# Java spells the names of files by the locale.
[[ $(locale charmap 2>/dev/null) == UTF-8 ]] || export LC_ALL=C.UTF-8

platform=()
case $(uname -sm) in
  'Linux x86_64') jar=spark-mae.jar ;;
  'Linux aarch64') jar=spark-mae-linux-arm64.jar platform=(-Djavacpp.platform=linux-arm64) ;;
  *) refuse "Invalid platform: $(uname -sm) (the job's native code is for Linux on x86_64 or aarch64)" ;;
esac

# A checkout builds the job and a Spark; the tarball has the job, and its Spark is SPARK_HOME's or the one packed with it.
export SPARK_HOME SPARK_CONF_DIR SPARK_SCALA_VERSION=2.12
if [[ -f $deploy/pom.xml ]]; then
  jar=$deploy/target/$jar SPARK_HOME=$deploy/target/spark SPARK_CONF_DIR=$deploy/conf
else
  jar=$deploy/$jar SPARK_HOME=${SPARK_HOME:-$deploy/spark} SPARK_CONF_DIR=${SPARK_CONF_DIR:-$deploy/conf}
  [[ -f $jar ]] || refuse "Missing $jar (unpack the tarball for $(uname -m))"
  compgen -G "$SPARK_HOME/jars/spark-core_2.12-3.5.*.jar" >/dev/null ||
    refuse "Invalid SPARK_HOME: $SPARK_HOME (must hold Spark 3.5 for Scala 2.12, with its jars in jars)"
fi

# Makes SPARK_HOME if it is missing or older than its POM.
make_spark() {
  [[ $SPARK_HOME/jars -nt $deploy/spark-runtime/pom.xml ]] && return
  echo "mae: making the Spark runtime in $SPARK_HOME" >&2
  rm -rf "$SPARK_HOME"/jars*
  mkdir -p "$SPARK_HOME/bin"
  ln -sf ../../../bin/spark-class ../../../bin/spark-submit "$SPARK_HOME/bin/"
  maven "$deploy/spark-runtime/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
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
