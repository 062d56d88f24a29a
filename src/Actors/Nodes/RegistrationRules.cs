using System.Collections.Immutable;
using Runner.Actors.Deployments;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Nodes;

/// <summary>Checks all deployments of a file before any is registered.</summary>
internal static class RegistrationRules
{
    private const int MostAtOnce = 1000;

    /// <summary>How many problems are told: those of a whole file of what its writer misunderstood are the same ones.</summary>
    private const int MostProblems = 1000;

    /// <summary>Every problem, its field beginning with <c>deployments[N]</c>.</summary>
    public static ImmutableArray<Problem> Problems(ImmutableArray<DeploymentSpec> specs)
    {
        if (specs.IsDefaultOrEmpty || specs.Length > MostAtOnce)
        {
            return [new("deployments", $"expected 1 to {MostAtOnce} deployments at once")];
        }

        var problems = ImmutableArray.CreateBuilder<Problem>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < specs.Length && problems.Count < MostProblems; i++)
        {
            problems.AddRange(DeploymentRules.Problems(specs[i]).Select(p => p with { Field = $"deployments[{i}].{p.Field}" }));
            if (!seen.TryAdd(specs[i].Name ?? "", i))
            {
                problems.Add(new($"deployments[{i}].name", $"'{specs[i].Name}' is the name of deployments[{seen[specs[i].Name ?? ""]}] too"));
            }
        }

        return problems.ToImmutable();
    }
}
