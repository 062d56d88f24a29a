using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Messages;

namespace Runner.Host.Commands;

/// <summary>What a check of parameters says to programs: <c>{"valid":true}</c>, or <c>{"valid":false,"errors":[…]}</c>.</summary>
internal sealed record CheckAnswer(bool Valid, ImmutableArray<CheckError>? Errors)
{
    private static readonly CheckJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static CheckAnswer Of(ImmutableArray<Problem> problems) =>
        problems.IsEmpty ? new(true, null) : new(false, [.. problems.Select(p => new CheckError(p.Field, p.Message))]);

    public string ToLine() => JsonSerializer.Serialize(this, Json.CheckAnswer);
}

/// <param name="Path">Where: <c>parameters.items[3].name</c>, or a part of the schema (<c>schema.type</c>) if that is wrong; empty for the
/// whole.</param>
/// <param name="Message">What was expected.</param>
internal sealed record CheckError(string Path, string Message);

[JsonSerializable(typeof(CheckAnswer))]
internal sealed partial class CheckJson : JsonSerializerContext;
