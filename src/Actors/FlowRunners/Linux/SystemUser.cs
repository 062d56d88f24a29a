using System.Runtime.InteropServices;
using System.Text;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>A user of this machine that a program runs as.</summary>
internal sealed record SystemUser(string Name, uint Id, uint Group, string Home)
{
    private const int LargestBuffer = 1024 * 1024;

    /// <summary>The user to become, or null if that is the node's own.</summary>
    /// <exception cref="StartFailure">There is no such user, or this node may not become it.</exception>
    public static SystemUser? Resolve(string? name)
    {
        if (name is null)
        {
            return null;
        }

        var user = Find(name) ?? throw new StartFailure(StartFailureKind.UserNotAvailable,
            $"There is no user '{name}' on this node; create it or name another.");
        var own = GetEffectiveUser();
        if (user.Id == own)
        {
            return null;
        }

        return own == 0 ? user : throw new StartFailure(StartFailureKind.UserNotAvailable,
            $"This node is not root and may not become user '{name}'; run the node as root or as '{name}'.");
    }

    private static unsafe SystemUser? Find(string name)
    {
        for (var length = 1024; length <= LargestBuffer; length *= 4)
        {
            var buffer = new byte[length];
            fixed (byte* bytes = buffer)
            {
                PasswordEntry entry;
                PasswordEntry* found = null;
                var error = GetUserByName(name, &entry, bytes, length, &found);
                if (found != null)
                {
                    var home = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry.Home));
                    return new SystemUser(name, entry.User, entry.Group, home);
                }

                const int BufferTooSmall = 34;
                if (error != BufferTooSmall)
                {
                    return null;
                }
            }
        }

        return null;
    }
}
