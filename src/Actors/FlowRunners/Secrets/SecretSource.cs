using System.Collections.Immutable;

namespace Runner.Actors.FlowRunners;

/// <summary>A variable of a program whose value is read when the program is started.</summary>
public sealed record SecretVariable(string Name, SecretSource Source);

/// <summary>Where a value is read.</summary>
public abstract record SecretSource
{
    private SecretSource()
    {
    }

    /// <summary>A variable of this program's own environment.</summary>
    public sealed record Variable(string Name) : SecretSource;

    /// <summary>A file, by its absolute path.</summary>
    public sealed record File(string Path) : SecretSource;

    /// <summary>The standard output of a program, by its argv.</summary>
    public sealed record Command(ImmutableArray<string> Arguments) : SecretSource;
}
