# Sourced by mae and archive: runs the job where one Java is all of Spark. The job's jar is on its class path, so that no task copies it,
# and the classes come from an archive (CDS), if there is one.

classes="$SPARK_HOME/jars/*:$jar"

# Its name is another for another Java, job or Spark, and Java checks all three again.
archive=$target/classes-$({ stat -L -c '%n %s %Y' "$jar" "$SPARK_HOME/jars" && cat "$release"; } 2>/dev/null | cksum | cut -d' ' -f1).jsa

# Returns whether the words ask for help or versions, which need no Spark.
asks_help() {
  case ${1:---help} in -h | --help | -V | --version) return 0 ;; esac
  case ${*: -1} in -h | --help) return 0 ;; esac
  return 1
}

# Returns whether a file of settings or the options bring other classes, which must be in one loader with the job's: that is spark-submit's to make.
brings_classes() {
  local brings='(--(jars|packages|driver-class-path)|spark\.(jars|driver\.(extraClassPath|userClassPathFirst)))'
  [[ " ${*:2}" =~ \ $brings|=$brings ]] || grep -qsE "^[[:space:]]*$brings" "$1"
}

# Shows help or versions.
run_help() {
  command=("$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m -cp "$classes" io.sparkmae.job.Mae "$@")
  run_archived
}

# Runs spark-submit in this process: run_local [OPTION…] spark-internal [ARG…]
run_local() {
  local_command "$@"
  run_archived
}

# Fills `command` with the Java of spark-submit. Configuration stands behind the jars: an archive fits a class path that goes on as it began, and refuses directories.
local_command() {
  local i=0
  spark_command org.apache.spark.deploy.SparkSubmit "$@"
  until [[ ${command[i]} == -cp ]]; do i=$((i + 1)); done
  command[i + 1]=$classes:${command[i + 1]/":$SPARK_HOME/jars/*"/}
}

# Becomes `command`, with the archive. Java ignores one that does not fit, and must not say so; one that was cut short it takes, and dies.
# Agents and flight recordings rewrite classes, in an archive to the death of a Java 17: they get none.
run_archived() {
  local archived=(-Xlog:disable '-Xlog:all=warning,cds=off,cds+dynamic=off:stderr' -Xshare:auto "-XX:SharedArchiveFile=$archive")
  [[ -s $archive && $(stat -c %s "$archive") == "$(cat "$archive.size" 2>/dev/null)" && ! "${command[*]} ${JAVA_TOOL_OPTIONS-} ${JDK_JAVA_OPTIONS-}" =~ -agent|-javaagent|FlightRecord|SharedArchive|-Xshare ]] || archived=()
  exec "${command[0]}" "${archived[@]}" "${command[@]:1}"
}

# Makes the archive in a checkout, as it makes the rest. Elsewhere bin/archive does, for who starts the job more than once.
have_archive() {
  [[ -e $archive || ! -f $deploy/pom.xml ]] || alone make_archive || true
}

# Makes the archive from a short demo; an empty one where that fails, so that no start tries again.
make_archive() {
  [[ ! -e $archive ]] || return 0
  echo "mae: making $archive, an archive of classes for short starts" >&2
  find "$target" -maxdepth 1 -name 'classes-*.jsa*' ! -newer "$jar" -delete
  local work=$target/archive-demo pictures
  pictures=$([[ -f $deploy/pom.xml ]] && echo "$root/docs" || echo "$deploy/docs")
  (
    unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS SPARK_SUBMIT_OPTS
    rm -rf "$work" && mkdir -p "$work/images"
    for copy in 1 2; do cp "$pictures/reconstruction.png" "$work/images/$copy.png"; done
    local_command --master 'local[2]' --driver-memory 1g --conf spark.local.dir="$work" --class io.sparkmae.job.Mae spark-internal \
      demo --images "$work/images" --epochs 1 --output "$work/demo"
    SPARK_LOCAL_IP=127.0.0.1 OMP_NUM_THREADS=1 BACKEND_PRIORITY_CPU=200 \
      "${command[0]}" -Xlog:disable "-XX:ArchiveClassesAtExit=$archive.new" "${command[@]:1}" || exit
    stat -c %s "$archive.new" >"$archive.size" && mv -f "$archive.new" "$archive"
  ) >"$target/archive.log" 2>&1 </dev/null || : >"$archive"
  rm -rf "$work" "$archive.new"
}
