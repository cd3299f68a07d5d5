import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.util.List;
import javax.lang.model.element.Modifier;
import javax.tools.ToolProvider;

/**
 * Lists the types and methods of source files as the compiler reads them, one a line: {@code type public|closed FILE:LINE NAME} and
 * {@code method LINES FILE:LINE NAME}.
 *
 * <p>A type has a name: class, record, enum or interface, nested ones too. It is public by that word, or as a member of an interface.
 * A method has a body: methods and constructors (compact ones too) of all types, also of those without a name. Its lines are from its
 * first modifier to its last brace, with the whole signature, without Javadoc and annotations.
 */
final class Sizes extends TreeScanner<Void, ClassTree> {
  private final SourcePositions positions;
  private CompilationUnitTree unit;

  private Sizes(SourcePositions positions) {
    this.positions = positions;
  }

  public static void main(String[] files) throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      var task = (JavacTask) compiler.getTask(null, manager, null, List.of("-proc:none"), null, manager.getJavaFileObjects(files));
      var sizes = new Sizes(Trees.instance(task).getSourcePositions());
      for (CompilationUnitTree unit : task.parse()) {
        sizes.unit = unit;
        sizes.scan(unit, null);
      }
    }
  }

  @Override
  public Void visitClass(ClassTree type, ClassTree outer) {
    if (!type.getSimpleName().isEmpty()) {
      boolean open = type.getModifiers().getFlags().contains(Modifier.PUBLIC) || outer != null && outer.getKind() == Tree.Kind.INTERFACE;
      print("type", open ? "public" : "closed", type, type.getSimpleName());
    }
    return super.visitClass(type, type);
  }

  @Override
  public Void visitMethod(MethodTree method, ClassTree type) {
    long end = positions.getEndPosition(unit, method);
    if (method.getBody() != null && end >= 0) { // the constructor that the compiler adds has no end
      print("method", line(end) - line(start(method)) + 1, method, type.getSimpleName() + "." + method.getName());
    }
    return super.visitMethod(method, type);
  }

  /** Returns where a method begins after its annotations, which the formatter gives lines of their own. */
  private long start(MethodTree method) {
    var annotations = method.getModifiers().getAnnotations();
    if (annotations.isEmpty()) {
      return positions.getStartPosition(unit, method);
    }
    long after = positions.getEndPosition(unit, annotations.get(annotations.size() - 1));
    return unit.getLineMap().getPosition(line(after) + 1, 1);
  }

  private long line(long position) {
    return unit.getLineMap().getLineNumber(position);
  }

  private void print(String kind, Object value, Tree tree, CharSequence name) {
    System.out.println(kind + " " + value + " " + unit.getSourceFile().getName() + ":" + line(positions.getStartPosition(unit, tree)) + " " + name);
  }
}
