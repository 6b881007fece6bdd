"""The deck's Spark job: from_json, both rates, a watermark, foreachBatch with JDBC append.

No windows, no deduplication. A batch that fails half-way is written again, so its rows are there twice.
Usage: deck_spark.py (as-it-is|tuned) BROKERS TOPIC DATABASE_URL DIRECTORY PACKAGES
       deck_spark.py install PACKAGES
"""

import sys
from glob import glob
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import IntegerType, LongType, StringType, StructField, StructType

PACKAGES = "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0,org.postgresql:postgresql:42.7.8"
INTEGER_FIELDS = ("Usage_Count", "Sales", "Visitors", "PageVisitors", "Conversion")
SCHEMA = StructType(
    [StructField(name, StringType()) for name in ("ID", "Kota", "Sosial_Media")]
    + [StructField(name, IntegerType()) for name in INTEGER_FIELDS]
    + [StructField("Ts", LongType())]
)


def builder() -> SparkSession.Builder:
    return (
        SparkSession.builder.master("local[*]")
        .appName("deck")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        # Spark 4 stops at a division by zero, which a dirty topic has.
        .config("spark.sql.ansi.enabled", "false")
    )


def install(packages: str) -> None:
    """Loads the packages from Maven Central."""
    builder().config("spark.jars.packages", PACKAGES).config("spark.jars.ivy", packages).getOrCreate().stop()


def run(kind: str, brokers: str, topic: str, database_url: str, directory: str, packages: str) -> None:
    is_tuned = kind == "tuned"
    address = urlsplit(database_url)
    url = f"jdbc:postgresql://{address.hostname}:{address.port}{address.path}"
    spark = builder().config("spark.jars", ",".join(glob(f"{packages}/jars/*.jar"))).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    reader = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", brokers)
        .option("subscribe", topic)
        .option("startingOffsets", "earliest")
    )
    if is_tuned:
        reader = reader.option("maxOffsetsPerTrigger", 500_000)
    events = (
        reader.load()
        .select(f.from_json(f.col("value").cast("string"), SCHEMA).alias("event"))
        .select("event.*")
        .withColumn("Ts", f.timestamp_seconds("Ts"))
        .withColumn("conversion_rate", f.col("Conversion") / f.col("Visitors") * 100)
        .withColumn("bounce_rate", f.col("PageVisitors") / f.col("Visitors") * 100)
        .withWatermark("Ts", "5 minutes")
    )

    def write(batch: DataFrame, _number: int) -> None:
        rows = batch.coalesce(8) if is_tuned else batch
        writer = rows.write.format("jdbc").mode("append").option("driver", "org.postgresql.Driver")
        writer = writer.option("user", address.username).option("password", address.password or "")
        if is_tuned:
            writer = writer.option("batchsize", 10_000).option("url", f"{url}?reWriteBatchedInserts=true")
        else:
            writer = writer.option("url", url)
        writer.option("dbtable", "plain_user_sales").save()

    query = (
        events.writeStream.foreachBatch(write)
        .option("checkpointLocation", f"{directory}/checkpoint")
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    spark.stop()


if sys.argv[1] == "install":
    install(sys.argv[2])
else:
    run(*sys.argv[1:])
