using Runner.Actors.FlowRunners;

namespace Runner.Actors.Tests.FlowRunners;

public sealed class ExitExplanationTests
{
    [Theory]
    [InlineData(1, "general error")]
    [InlineData(125, "container failed to run")]
    [InlineData(126, "not executable")]
    [InlineData(127, "not found")]
    [InlineData(137, "out of memory")]
    [InlineData(139, "SIGSEGV")]
    [InlineData(143, "terminated")]
    [InlineData(247, "high memory use")]
    [InlineData(42, "exit code 42")]
    [InlineData(200, "exit code 200")]
    public void B12_an_exit_code_is_explained(int code, string words)
    {
        var (exitCode, explanation) = ExitExplanation.Of(new ProcessExit.Exited(code));
        Assert.Equal(code, exitCode);
        Assert.Contains(words, explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, 137, "out of memory")]
    [InlineData(15, 143, "terminated")]
    [InlineData(11, 139, "SIGSEGV")]
    [InlineData(1, 129, "SIGHUP")]
    [InlineData(40, 168, "signal 40")]
    public void B12_a_signal_is_explained_by_name_and_has_the_shells_exit_code(int signal, int code, string words)
    {
        var (exitCode, explanation) = ExitExplanation.Of(new ProcessExit.Signaled(signal));
        Assert.Equal(code, exitCode);
        Assert.Contains(words, explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void B12_an_unknown_end_has_no_code_and_keeps_its_reason()
    {
        Assert.Equal((null, "How the process ended is not known: it rained"), ExitExplanation.Of(new ProcessExit.Unknown("it rained")));
    }

    [Theory]
    [InlineData(StartFailureKind.CommandNotFound, 127)]
    [InlineData(StartFailureKind.NotExecutable, 126)]
    [InlineData(StartFailureKind.WorkingDirectoryNotFound, null)]
    [InlineData(StartFailureKind.UserNotAvailable, null)]
    [InlineData(StartFailureKind.ArgumentsTooLong, null)]
    [InlineData(StartFailureKind.ResourcesExhausted, null)]
    [InlineData(StartFailureKind.Other, null)]
    public void B13_a_failed_start_has_the_shells_exit_code_and_keeps_its_message(StartFailureKind kind, int? code)
    {
        var (exitCode, explanation) = ExitExplanation.Of(kind, "there is no spoon");
        Assert.Equal(code, exitCode);
        Assert.EndsWith("there is no spoon", explanation, StringComparison.Ordinal);
    }
}
