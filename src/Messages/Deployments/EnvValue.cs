using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Runner.Messages.Serialization;

namespace Runner.Messages.Deployments;

/// <summary>
/// What a deployment declares of a variable: a text, or where the value is read when an attempt starts, on the node that starts it. A value that is
/// read is never in a message, an event or a row: what stands here is all that anybody is told.
/// </summary>
[JsonConverter(typeof(EnvValueConverter))]
public abstract record EnvValue
{
    private EnvValue()
    {
    }

    /// <summary>A text is declared as it is.</summary>
    public static implicit operator EnvValue(string text) => new Text(text);

    /// <inheritdoc cref="op_Implicit"/>
    public static EnvValue FromString(string text) => text;

    /// <summary>The value itself, in which templates are filled in.</summary>
    public sealed record Text(string Value) : EnvValue;

    /// <summary>The value of that variable of the node's own environment, also of one that programs do not get.</summary>
    public sealed record FromEnv(string Name) : EnvValue;

    /// <summary>What stands in a file on the node, without one line feed at its end.</summary>
    /// <param name="Path">Absolute.</param>
    public sealed record FromFile(string Path) : EnvValue;

    /// <summary>What a program writes to its standard output, run as the node's own user; without one line feed at its end.</summary>
    /// <param name="Command">The argv, never passed through a shell.</param>
    public sealed record FromCommand(ImmutableArray<string> Command) : EnvValue;
}
