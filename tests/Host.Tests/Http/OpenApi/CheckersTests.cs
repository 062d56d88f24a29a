using System.Text.Json.Nodes;
using Xunit.Sdk;

namespace Runner.Host.Tests.Http.OpenApi;

/// <summary>What checks the document and the answers finds what is wrong with them.</summary>
public sealed class CheckersTests
{
    private const string List = "/api/v1/limits";

    private readonly string _text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "openapi.json"));

    public static TheoryData<string, Action<JsonObject>> Mistakes => new()
    {
        { "'title' is missing", d => d["info"]!.AsObject().Remove("title") },
        { "not a version 3.1", d => d["openapi"] = "3.0.0" },
        { "'operationId' is not known", d => d["info"]!["operationId"] = "x" },
        { "its operationId is another's", d => d["paths"]![List]!["get"]!["operationId"] = "listRuns" },
        { "a tag that is not declared", d => d["paths"]![List]!["get"]!["tags"] = new JsonArray("Nothing") },
        { "a security scheme that is not declared", d => d["paths"]![List]!["get"]!["security"] = new JsonArray(
            new JsonObject { ["key"] = new JsonArray() }) },
        { "not those of the path", d => d["paths"]![$"{List}/{{name}}"]!["put"]!["parameters"]!.AsArray().Clear() },
        { "no answers", d => d["paths"]![List]!["get"]!["responses"] = new JsonObject() },
        { "Nowhere is referred to and not there", d =>
            d["components"]!["schemas"]!["RunPage"]!["properties"]!["items"]!["items"]!["$ref"] = "#/components/schemas/Nowhere" },
        { "Spare is there and not referred to", d => d["components"]!["schemas"]!["Spare"] = new JsonObject() },
        { "an unknown type", d => d["components"]!["schemas"]!["Slot"]!["type"] = "record" },
        { "'maxiumum' is not known", d => d["components"]!["schemas"]!["Slot"]!["maxiumum"] = 1 },
        { "a required field it has not", d => d["components"]!["schemas"]!["Slot"]!["required"]!.AsArray().Add((JsonNode)"colour") },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_in_the_document_is_found(string problem, Action<JsonObject> make)
    {
        var document = JsonNode.Parse(_text)!.AsObject();
        make(document);
        Assert.Contains(OpenApiStructure.Problems(document), p => p.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, "application/json", """{"name":"a","size":1}""")] // a field is missing
    [InlineData(200, "application/json", """{"name":"a","size":1,"changed":true,"colour":"red"}""")] // one too many
    [InlineData(200, "application/json", """{"name":"a","size":null,"changed":true}""")] // null where it is left out
    [InlineData(200, "text/plain", "a")] // another type
    [InlineData(418, "application/json", "{}")] // another status
    // Another code.
    [InlineData(400, "application/problem+json", """{"type":"urn:runner:store-full","title":"t","status":400,"detail":"d","code":"store-full"}""")]
    public async Task An_answer_that_is_not_documented_is_found(int status, string type, string body)
    {
        var contract = new ApiContract(_text);
        var operation = contract.Find("PUT", $"{List}/a")!;
        await contract.CheckAnswerAsync(operation, 200, "application/json", """{"name":"a","size":1,"changed":true}""");
        await Assert.ThrowsAnyAsync<XunitException>(() => contract.CheckAnswerAsync(operation, status, type, body));
    }

    [Theory]
    [InlineData("a", """{"size":0}""")]
    [InlineData("a", """{"size":"1"}""")]
    [InlineData("a", """{"size":1,"name":"a"}""")]
    [InlineData("a", "")]
    [InlineData("a%20b", """{"size":1}""")]
    [InlineData("a?dryRun=true", """{"size":1}""")]
    public async Task A_request_that_is_not_documented_is_found(string path, string body)
    {
        var contract = new ApiContract(_text);
        var operation = contract.Find("PUT", $"{List}/a")!;
        await contract.CheckRequestAsync(operation, new Uri($"http://localhost{List}/a"), """{"size":1}""");
        await Assert.ThrowsAnyAsync<XunitException>(() => contract.CheckRequestAsync(operation, new Uri($"http://localhost{List}/{path}"), body));
    }
}
