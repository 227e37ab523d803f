// An API protected by Writ. Every setting is an argument (--issuer …) or an environment variable (ORDERS_ISSUER):
//   issuer    the broker                         identity  our SPIFFE id (kind workload)
//   key       PEM file of our key, mode 0600     resource  our registered URI; default: where we listen
//   listen    host:port; port 0 takes a free one
// When it listens it prints one line: {"ready":true,"url":"http://127.0.0.1:41234"}
using System.Text.Json;
using OrdersApi;
using Writ.Client;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Configuration.AddEnvironmentVariables("ORDERS_").AddCommandLine(args);
builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

string Setting(string name) =>
    builder.Configuration[name] ?? throw new InvalidOperationException($"--{name} is missing.");

// The resource's URI is what tokens name, so it must be known before the first request: a free port is taken now.
var listen = FreePort.Resolve(builder.Configuration["listen"] ?? "127.0.0.1:0");
var url = $"http://{listen}";
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(listen));
builder.Services.AddWrit(writ =>
{
    writ.Issuer = Setting("issuer");
    writ.ClientId = Setting("identity");
    writ.KeyFile = Setting("key");
    writ.Resources["orders"] = builder.Configuration["resource"] ?? url;
    writ.PublicOrigin = builder.Configuration["origin"];
});

var app = builder.Build();
var book = new OrderBook();
var orders = app.MapGroup("/orders");
app.MapWritMetadata();
orders.MapGet("", () => book.All).RequireWrit("orders:read", "orders");
orders.MapGet("{id}", (string id) => book.Find(id) is { } order ? Results.Ok(order) : Results.NotFound())
    .RequireWrit("orders:read", "orders", identifier: request => (string?)request.Request.RouteValues["id"]);
orders.MapPost("", (NewOrder wanted) =>
    {
        var order = book.Add(wanted);
        return Results.Created($"/orders/{order.Id}", order);
    })
    .RequireWrit("orders:create", "orders");
orders.MapPost("{id}/cancel", (string id) => Change(id, "open", "cancelled"))
    .RequireWrit("orders:cancel", "orders", identifier: request => (string?)request.Request.RouteValues["id"]);
orders.MapPost("{id}/refund", (string id) => Change(id, "cancelled", "refunded"))
    .RequireWrit("orders:refund", "orders", identifier: request => (string?)request.Request.RouteValues["id"]);

IResult Change(string id, string from, string to) =>
    book.Change(id, from, to) is { } order ? Results.Ok(order) : Results.Conflict($"No {from} order {id}.");

await app.StartAsync();
Console.WriteLine(JsonSerializer.Serialize(new { ready = true, url }));
await app.WaitForShutdownAsync();
return 0;
