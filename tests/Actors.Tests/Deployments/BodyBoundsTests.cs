using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Nodes;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Deployments;

/// <summary>What a client sends is counted before it is looked at: each list here is full of what would be wrong, and only its length is.</summary>
public sealed class BodyBoundsTests
{
    private const int TooMany = 100_000;

    public static TheoryData<string, string> Lists => new()
    {
        { "tags", "tags: there are 100000; at most 50 are possible" },
        { "command", "command: there are 100000; at most 10000 are possible" },
        { "env", "env: there are 100000; at most 10000 are possible" },
        { "schedules", "schedules: there are 100000; at most 10000 are possible" },
        { "limits", "limits: there are 100000; at most 20 are possible" },
        { "delays", "retries.delays: there are 100000; at most 1000 are possible" },
        { "parameters", "parameters: they are longer than 1048576 characters; leave large data in files" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void B63_a_list_of_a_deployment_is_counted_before_it_is_looked_at(string list, string problem)
    {
        ImmutableArray<string> texts = [.. Enumerable.Repeat("\0", TooMany)];
        var spec = list switch
        {
            "tags" => Spec with { Tags = texts },
            "command" => Spec with { Command = texts },
            "env" => Spec with { Env = Many("RUNNER_", _ => (EnvValue?)"\0") },
            "schedules" => Spec with { Schedules = [.. Enumerable.Repeat(new ScheduleSpec { Cron = "wrong" }, TooMany)] },
            "limits" => Spec with { Limits = texts },
            "delays" => Spec with { Retries = new RetrySpec { Delays = [.. Enumerable.Repeat(TimeSpan.FromDays(-1), TooMany)] } },
            "parameters" =>
                Spec with { Parameters = Many("a name of some length ", _ => JsonElement.Parse("1")), ParameterSchema = JsonElement.Parse("false") },
            _ => throw new ArgumentOutOfRangeException(nameof(list), list, null),
        };

        Assert.Equal([problem], DeploymentRules.Problems(spec).Select(p => $"{p.Field}: {p.Message}"));
    }

    [Fact]
    public void B63_the_tags_of_a_submission_are_counted_before_they_are_looked_at() => Assert.Equal(
        ["tags: there are 100000; at most 50 are possible"],
        SubmissionRules.Problems(new SubmitRun("a/b", Tags: [.. Enumerable.Repeat("", TooMany)])).Select(p => $"{p.Field}: {p.Message}"));

    [Fact]
    public void B63_the_deployments_of_a_request_are_counted_before_they_are_looked_at() => Assert.Equal(
        ["expected 1 to 1000 deployments at once"],
        RegistrationRules.Problems([.. Enumerable.Repeat(Spec with { Name = "" }, TooMany)]).Select(p => p.Message));

    [Fact]
    public void B63_of_very_much_that_is_wrong_the_first_problems_are_told_and_that_there_is_more()
    {
        var problems = DeploymentRules.Problems(
            Spec with { Schedules = [.. Enumerable.Repeat(new ScheduleSpec { Cron = "wrong", Timezone = new string('z', 90) }, 10_000)] });

        Assert.InRange(problems.Length, 200, 210);
        Assert.Contains("was not looked at", problems[^1].Message, StringComparison.Ordinal);
        Assert.InRange(DeploymentRules.Problems(Spec with { Command = ["x", .. Enumerable.Repeat("\0", 9_000)] }).Length, 200, 210);
        Assert.InRange(DeploymentRules.Problems(Spec with { Command = ["x", string.Concat(Enumerable.Repeat("{{x}}", 100_000))] }).Length, 1, 30);
        Assert.InRange(
            RegistrationRules.Problems([.. Enumerable.Repeat(Spec with { Command = ["x", .. Enumerable.Repeat("\0", 300)] }, 1_000)]).Length, 1_000,
            1_300);
    }

    [Fact]
    public void B63_schedules_with_the_same_parameters_are_one_check_and_too_many_different_ones_are_refused()
    {
        var defaults = Many("p", _ => JsonElement.Parse("1")).Take(20_000).ToImmutableSortedDictionary(StringComparer.Ordinal);
        var spec = Spec with { Parameters = defaults, ParameterSchema = JsonElement.Parse("""{"type":"object"}""") };

        Assert.Empty(DeploymentRules.Problems(spec with { Schedules = [.. Enumerable.Repeat(Hourly("same", 1), 10_000)] }));
        var refused = Assert.Single(
            DeploymentRules.Problems(spec with { Schedules = [.. Enumerable.Range(0, 10_000).Select(i => Hourly("own", i))] }));
        Assert.Equal("schedules", refused.Field);
        Assert.Contains("10000 different parameters of schedules", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B63_a_retrys_key_has_a_longest_length_as_a_submissions_has()
    {
        Assert.Null(KeyRules.Problem(null));
        Assert.Null(KeyRules.Problem(new string('k', 200)));
        Assert.NotNull(KeyRules.Problem(new string('k', 201)));
        Assert.NotNull(KeyRules.Problem(""));
    }

    private static DeploymentSpec Spec => new() { Name = "a/b", Command = ["x"], Workdir = "/" };

    private static ScheduleSpec Hourly(string name, int value) => new()
    {
        Interval = TimeSpan.FromHours(1),
        Parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add(name, JsonElement.Parse($"{value}")),
    };

    private static ImmutableSortedDictionary<string, T> Many<T>(string prefix, Func<int, T> value) =>
        Enumerable.Range(0, TooMany).ToImmutableSortedDictionary(i => $"{prefix}{i}", value, StringComparer.Ordinal);
}
