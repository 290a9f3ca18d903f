package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.invoke.MethodHandles;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VectorFunctionTest {
  private static final String VECTORS = "Ljdk/incubator/vector/";
  private static final String SPECIES = VECTORS + "VectorSpecies;";
  private static final String OWN = "dev/batchloss/";

  @Test
  void loopsCallMethodsOnVectorsByTheirHandles() throws Exception {
    assertThat(compiledClasses().flatMap(VectorFunctionTest::callsByName)).isEmpty();
  }

  @Test
  void thereAreMethodsOnVectorsToCall() throws Exception {
    long handles =
        compiledClasses()
            .flatMap(classFile -> calls(classFile, VectorFunctionTest::isInitializer))
            .filter(call -> call.owner().asInternalName().equals(OWN + "cpu/VectorFunction"))
            .count();
    assertThat(handles).isGreaterThan(20);
  }

  @Test
  void methodsOnVectorsAreShortEnoughToBeInlined() throws Exception {
    assertThat(
            compiledClasses()
                .flatMap(VectorFunctionTest::methods)
                .filter(method -> isOnVectors(method.methodType().stringValue()))
                .filter(method -> bytes(method) > VectorFunction.MOST_BYTES)
                .map(method -> method.methodName().stringValue()))
        .isEmpty();
  }

  @Test
  void whatAMethodThrowsIsThrownOn() {
    IllegalStateException unchecked = new IllegalStateException("n");
    OutOfMemoryError error = new OutOfMemoryError("heap");
    assertThat(VectorFunction.rethrown(unchecked)).isSameAs(unchecked);
    assertThatThrownBy(() -> VectorFunction.rethrown(error)).isSameAs(error);
    assertThat(VectorFunction.rethrown(new IOException("n")))
        .isInstanceOf(IllegalStateException.class)
        .hasCauseInstanceOf(IOException.class);
  }

  @Test
  void anUnknownMethodIsRefused() {
    assertThatThrownBy(() -> VectorFunction.of(MethodHandles.lookup(), "absent"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("absent");
  }

  private static Stream<String> callsByName(Path classFile) {
    return calls(classFile, method -> !isInitializer(method))
        .filter(call -> call.owner().asInternalName().startsWith(OWN))
        .filter(call -> isOnVectors(call.type().stringValue()))
        .map(call -> "%s calls %s".formatted(classFile.getFileName(), call.name().stringValue()));
  }

  private static Stream<InvokeInstruction> calls(Path classFile, Predicate<MethodModel> which) {
    return methods(classFile)
        .filter(which)
        .flatMap(method -> method.code().stream())
        .flatMap(code -> code.elementStream())
        .flatMap(element -> invocation(element).stream());
  }

  private static Stream<MethodModel> methods(Path classFile) {
    try {
      return ClassFile.of().parse(classFile).methods().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOnVectors(String type) {
    return type.replace(SPECIES, "").contains(VECTORS);
  }

  private static int bytes(MethodModel method) {
    return method.findAttribute(Attributes.code()).map(CodeAttribute::codeLength).orElse(0);
  }

  private static boolean isInitializer(MethodModel method) {
    return method.methodName().stringValue().equals("<clinit>");
  }

  private static List<InvokeInstruction> invocation(CodeElement element) {
    return element instanceof InvokeInstruction call ? List.of(call) : List.of();
  }

  private static Stream<Path> compiledClasses() throws IOException, URISyntaxException {
    URI classes = VectorFunction.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    try (Stream<Path> files = Files.list(Path.of(classes).resolve(OWN + "cpu"))) {
      return files.filter(file -> file.toString().endsWith(".class")).toList().stream();
    }
  }
}
