using System.Collections.Immutable;
using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>A request is not carried out for what it says; <see cref="ErrorBoundary"/> turns it into problem details.</summary>
internal sealed class RequestRefusedException(int status, string code, string detail, ImmutableArray<Problem> problems = default) : Exception(detail)
{
    public RequestRefusedException(Refusal refusal)
        : this(RefusalMap.StatusOf(refusal), refusal.Code, refusal.Message, refusal.Problems)
    {
    }

    public int Status => status;

    public string Code => code;

    public ImmutableArray<Problem> Problems => problems.IsDefault ? [] : problems;
}
