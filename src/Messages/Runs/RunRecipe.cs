using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Messages.Runs;

/// <summary>What a run executes: its deployment's recipe, as it was when the run was made.</summary>
/// <param name="Command">Empty if there is a <paramref name="Shell"/>.</param>
public sealed record RunRecipe(
    ImmutableArray<string> Command,
    string Workdir,
    ImmutableSortedDictionary<string, EnvValue?> Env,
    ImmutableArray<string> Limits,
    ConcurrencySpec? Concurrency,
    RetrySpec Retries,
    TimeSpan? Timeout,
    TimeSpan StopGrace,
    string? User,
    ImmutableArray<string>? EnvInherit = null,
    ImmutableArray<int>? SuccessCodes = null,
    string? Shell = null,
    NodeRequirements? Requires = null,
    NodeLossSpec? OnNodeLoss = null)
{
    /// <summary>What a deployment's runs get of what it declares now.</summary>
    internal static RunRecipe Of(DeploymentSpec spec) => new(
        spec.Command, spec.Workdir, spec.Env, spec.Limits, spec.Concurrency, spec.Retries, spec.Timeout,
        spec.StopGrace ?? DeploymentSpec.DefaultStopGrace, spec.User, spec.EnvInherit, spec.SuccessCodes, spec.Shell,
        spec.Requires, spec.OnNodeLoss);
}
