using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Parameters;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>A deployment's parameter schema, read when a submission asks for it first and kept as long as the deployment is in memory.</summary>
internal sealed class DeclaredSchema
{
    private readonly Lazy<(ParameterSchema? Schema, ImmutableArray<Problem> Problems)> _read;

    private DeclaredSchema(JsonElement json, bool enforced)
    {
        Enforced = enforced;
        _read = new(() => ParameterSchema.TryRead(json, "parameter_schema", out var schema, out var problems) ? (schema, []) : (null, problems));
    }

    /// <summary>Whether it is enforced where a submission does not say.</summary>
    public bool Enforced { get; }

    /// <summary>Null if the deployment has none.</summary>
    public static DeclaredSchema? Of(DeploymentSpec spec) =>
        spec.ParameterSchema is { } json ? new DeclaredSchema(json, spec.EnforceParameterSchema ?? true) : null;

    /// <summary>What it does not allow. One that is wrong itself, which registration refuses, allows nothing.</summary>
    public ImmutableArray<Problem> Check(ImmutableSortedDictionary<string, JsonElement> parameters) =>
        _read.Value.Schema?.Check(parameters) ?? _read.Value.Problems;
}
