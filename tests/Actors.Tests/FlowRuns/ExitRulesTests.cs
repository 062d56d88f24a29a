using System.Collections.Immutable;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Messages.Deployments;

namespace Runner.Actors.Tests.FlowRuns;

/// <summary>Behaviour 91: which ends complete a run, and which are retried.</summary>
public sealed class ExitRulesTests
{
    private static readonly DeploymentSpec Spec = new() { Name = "flow/d", Command = ["true"], Workdir = "/" };

    [Theory]
    [InlineData("75,SIGKILL", null, 75, null)]
    [InlineData("75,SIGKILL", null, -9, null)]
    [InlineData("75,SIGKILL", null, 137, null)]
    [InlineData("137", null, -9, null)]
    [InlineData("75", null, 1, "Not retried: exit code 1 is none of retries.on.")]
    [InlineData("75", null, -15, "Not retried: SIGTERM (exit code 143) is none of retries.on.")]
    [InlineData(null, "2,SIGSEGV", 2, "Not retried: exit code 2 is one of retries.not_on.")]
    [InlineData(null, "2,SIGSEGV", -11, "Not retried: SIGSEGV (exit code 139) is one of retries.not_on.")]
    [InlineData(null, "2,SIGSEGV", 1, null)]
    [InlineData("75", "2", 2, "Not retried: exit code 2 is one of retries.not_on.")]
    [InlineData(null, null, 1, null)]
    public void B91_an_end_is_retried_as_its_rules_say(string? on, string? notOn, int end, string? forbidden) => Assert.Equal(
        forbidden, ExitRules.Forbids(
            new RetrySpec { Count = 1, On = List(on), NotOn = List(notOn) }, end < 0 ? new ProcessExit.Signaled(-end) : new ProcessExit.Exited(end)));

    [Fact]
    public void B91_what_nobody_knows_the_end_of_is_retried_whatever_the_rules() =>
        Assert.Null(ExitRules.Forbids(new RetrySpec { Count = 1, On = ["75"] }, new ProcessExit.Unknown("lost")));

    [Theory]
    [InlineData("256", null, null, "retries.on[0]: expected an exit code from 0 to 255 or the name of a signal, such as SIGKILL")]
    [InlineData("-1", null, null, "retries.on[0]: expected an exit code from 0 to 255 or the name of a signal, such as SIGKILL")]
    [InlineData(
        "sigkil", null, null,
        "retries.on[0]: expected an exit code from 0 to 255 or the name of a signal, such as SIGKILL (did you mean 'SIGKILL'?)")]
    [InlineData(
        "TERM", null, null, "retries.on[0]: expected an exit code from 0 to 255 or the name of a signal, such as SIGKILL (did you mean 'SIGTERM'?)")]
    [InlineData(null, "2,2", null, "retries.not_on[1]: '2' is there twice; a signal and the exit code of 128 and its number are one")]
    [InlineData("SIGKILL", "7,137", null, "retries.not_on[1]: '137' is in retries.on, too; an end is in one of the two")]
    [InlineData("0", null, null, "retries.on[0]: exit code 0 completes the run (success_codes), which is never retried")]
    [InlineData(null, "3", "0,3", "retries.not_on[0]: exit code 3 completes the run (success_codes), which is never retried")]
    [InlineData("", null, null, "retries.on: expected a list of 1 to 256 exit codes and names of signals, such as [75, SIGKILL]")]
    [InlineData(null, null, "", "success_codes: expected a list of 1 to 256 exit codes, such as [0, 3]; without it 0 is the only one")]
    [InlineData(null, null, "3,256", "success_codes[1]: expected an exit code from 0 to 255")]
    [InlineData(null, null, "3,3", "success_codes[1]: 3 is there twice")]
    public void B91_a_rule_that_makes_no_sense_is_refused(string? on, string? notOn, string? success, string problem) => Assert.Equal(
        [problem],
        DeploymentRules.Problems(Spec with
        {
            Retries = new RetrySpec { Count = 1, On = List(on), NotOn = List(notOn) },
            SuccessCodes = List(success)?.Select(int.Parse).ToImmutableArray(),
        }).Select(p => $"{p.Field}: {p.Message}"));

    [Fact]
    public void B91_rules_without_retries_are_refused() => Assert.Equal(
        ["retries.count"], DeploymentRules.Problems(Spec with { Retries = new RetrySpec { On = ["75"] } }).Select(p => p.Field));

    private static ImmutableArray<string>? List(string? text) => text is null ? null : [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries)];
}
