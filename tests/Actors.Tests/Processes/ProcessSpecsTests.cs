using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRunners;
using Runner.Actors.Processes;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Processes;

/// <summary>Behaviour 92: what templates stand for, and how long what they are in may become.</summary>
public sealed class ProcessSpecsTests
{
    private static readonly DateTimeOffset Due = new(2026, 5, 1, 12, 0, 0, 250, TimeSpan.FromHours(2));
    private static readonly Guid Id = new("00000000-0000-8000-8000-000000000001");

    [Theory]
    [InlineData("{{ parameters.who }}", "me & «you»")]
    [InlineData("{{parameters.list}}", "[1,null]")]
    [InlineData("{{ run.id }}", "00000000-0000-8000-8000-000000000001")]
    [InlineData("at-{{ run.due }}", "at-2026-05-01T10:00:00.25Z")]
    [InlineData("{{ run.attempt }}{{ run.attempt }}", "33")]
    [InlineData("[{{ run.schedule }}]", "[]")]
    [InlineData("[{{ run.name }}]", "[]")]
    [InlineData("{{ deployment.name }} of {{ deployment.flow }}", "flow/d of flow")]
    [InlineData("{{ parameters.nobody }} {{ run.nothing }} {{ }} {{ run.id", "{{ parameters.nobody }} {{ run.nothing }} {{ }} {{ run.id")]
    public void B92_a_template_stands_for_what_it_says_in_arguments_variables_and_folder(string text, string filled)
    {
        var spec = For(new RunRecipe(
            ["echo", text], "/" + text, ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("A", text).Add("B", null), [], null, RetrySpec.None,
            null, TimeSpan.Zero, null), out var problem);

        Assert.Null(problem);
        Assert.Equal(["echo", filled], spec.Command.ToArray());
        Assert.Equal("/" + filled, spec.WorkingDirectory);
        Assert.Equal([new("A", filled), new("B", null)], spec.Environment[..2].ToArray());
    }

    [Theory]
    [InlineData("{{ run.ide }}", " (did you mean 'run.id'?)")]
    [InlineData("{{ runid }}", " (did you mean 'run.id'?)")]
    [InlineData("{{ deployment.nam }}", " (did you mean 'deployment.name'?)")]
    [InlineData("{{ parameter.who }}", " (did you mean 'parameters.who'?)")]
    [InlineData("{{ something }}", "")]
    public void B92_a_name_that_there_is_not_is_refused_with_what_was_meant(string template, string hint)
    {
        var expected = $"'{template}' is not a template; expected {{{{ parameters.NAME }}}}, or one of deployment.flow, deployment.name, "
            + $"run.attempt, run.due, run.id, run.name and run.schedule{hint}";

        Assert.Equal(
            [("command[0]", expected), ("workdir", expected), ("env.A", expected)],
            DeploymentRules.Problems(
                Spec(template) with { Workdir = "/" + template, Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("A", template) })
                .Select(p => (p.Field, p.Message)));
    }

    [Fact]
    public void B92_a_parameter_that_there_is_not_is_refused_with_the_one_that_was_meant() => Assert.EndsWith(
        "so a run might lack it (did you mean 'who'?)", Assert.Single(DeploymentRules.Problems(Spec("{{ parameters.whom }}"))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void B92_what_becomes_longer_than_the_system_takes_is_not_put_together_and_is_named()
    {
        var most = new string('x', (128 * 1024) - 1);
        Assert.Null(Problem(["true", most]));
        Assert.Equal(
            "'command[1]' is longer than the 128 KiB that the system takes for one argument or variable. "
            + "Let the program read large parameters itself: RUNNER_PARAMETERS, or the file that RUNNER_PARAMETERS_FILE names, has all of them.",
            Problem(["true", most + "x"]));
        // In bytes, and with the variable's name.
        Assert.StartsWith("'command[1]' is longer than", Problem(["true", new string('ä', 64 * 1024)]), StringComparison.Ordinal);
        Assert.StartsWith("'env.ABC' is longer than", Problem(["true"], ("ABC", most[4..] + "x")), StringComparison.Ordinal);
        Assert.Null(Problem(["true"], ("ABC", most[4..])));
        // A hundred thousand times a megabyte, of which next to nothing is put together.
        Assert.StartsWith(
            "'command[2]' is longer when '{{ parameters.large }}' is filled in than the 128 KiB",
            Problem(["true", "a", string.Concat(Enumerable.Repeat("{{ parameters.who }}{{ parameters.large }}", 100_000))]),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Up to 'command[21]' when '{{ parameters.part }}' is filled in, command and environment are longer than the 2 MiB",
            Problem(["true", .. Enumerable.Repeat("{{ parameters.part }}", 10_000)]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../../etc")]
    [InlineData("a/../../b")]
    [InlineData("a\0b")]
    public void B92_a_value_does_not_lead_out_of_the_folder(string value)
    {
        For(
            new RunRecipe(
                ["true"], "/data/{{ parameters.who }}", ImmutableSortedDictionary<string, EnvValue?>.Empty, [], null, RetrySpec.None, null,
                TimeSpan.Zero, null),
            out var problem, value);

        Assert.Equal(StartFailureKind.WorkingDirectoryNotFound, problem!.Kind);
        Assert.StartsWith("'{{ parameters.who }}' in 'workdir' stands for a path that leads out", problem.Message, StringComparison.Ordinal);
    }

    private static string? Problem(ImmutableArray<string> command, params ReadOnlySpan<(string Name, string Value)> variables)
    {
        var env = ImmutableSortedDictionary<string, EnvValue?>.Empty;
        foreach (var (name, value) in variables)
        {
            env = env.Add(name, value);
        }

        For(new RunRecipe(command, "/", env, [], null, RetrySpec.None, null, TimeSpan.Zero, null), out var problem);
        Assert.True(problem is null or { Kind: StartFailureKind.ArgumentsTooLong });
        return problem?.Message;
    }

    private static ProcessSpec For(RunRecipe recipe, out StartProblem? problem, string who = "me & «you»") => new ProcessSpecs(_ => []).For(
        new AttemptKey(Id, 3),
        new RunScheduled("flow/d", recipe, ImmutableSortedDictionary<string, JsonElement>.Empty
            .Add("who", Text(who)).Add("list", JsonDocument.Parse("[1,null]").RootElement).Add("large", Text(new string('y', 1024 * 1024)))
            .Add("part", Text(new string('z', 100_000))), Due, 0, []),
        out problem);

    private static JsonElement Text(string text) => JsonDocument.Parse($"\"{JsonEncodedText.Encode(text)}\"").RootElement;

    private static DeploymentSpec Spec(string argument) => new()
    {
        Name = "flow/d", Command = [argument], Workdir = "/",
        Parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add("who", Text("me")),
    };
}
